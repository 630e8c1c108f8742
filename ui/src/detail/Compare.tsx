import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function ComparePage() {
  return (
    <PageLayout title="Compare">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
