import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function HistoryPage() {
  return (
    <PageLayout title="History">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
