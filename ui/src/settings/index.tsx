import { EmptyState } from "../parts";
import { PageLayout } from "../shell";

export default function SettingsPage() {
  return (
    <PageLayout title="Settings">
      <EmptyState title="This page is being made" />
    </PageLayout>
  );
}
