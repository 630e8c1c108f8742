import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function MissingPage() {
  return (
    <PageLayout title="Missing">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
