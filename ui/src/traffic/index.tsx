import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function TrafficPage() {
  return (
    <PageLayout title="Traffic">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
