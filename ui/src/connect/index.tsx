import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function ConnectPage() {
  return (
    <PageLayout title="Connect">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
