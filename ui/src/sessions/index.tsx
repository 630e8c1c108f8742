import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function SessionsPage() {
  return (
    <PageLayout title="Sessions">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
