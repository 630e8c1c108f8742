import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function OverviewPage() {
  return (
    <PageLayout title="Overview">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
