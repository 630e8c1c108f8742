import { EmptyState } from "../parts";

export interface DetailProps {
  /** The exchange's number. */
  id: number;
  onClose: () => void;
}

/** One exchange, beside the list. */
export function Detail({ id }: DetailProps) {
  return <EmptyState title={`Exchange ${id}: this is being made`} />;
}
