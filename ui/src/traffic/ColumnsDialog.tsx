import { ArrowDown, ArrowDownUp, ArrowUp, ChevronDown, ChevronUp, Minus, Plus } from "lucide-react";
import { Button, Dialog, IconButton, Switch } from "../parts";
import { COLUMNS } from "./columns";
import { type HeaderProps, nextSorting } from "./Header";
import styles from "./Traffic.module.css";
import type { Sorting } from "./view";

/** What the button does next, as a click on the heading would. */
function sortLabel(sorting: Sorting | null, id: string): string {
  const next = nextSorting(sorting, id);
  if (!next) return "in the order of arrival";
  return next.isDescending ? "sort downwards" : "sort upwards";
}

export type ColumnsDialogProps = Pick<HeaderProps, "layout" | "sorting" | "onSort"> & { onClose: () => void };

/** Choose, order, size and sort by columns, without a pointer as well. */
export function ColumnsDialog({ layout, sorting, onSort, onClose }: ColumnsDialogProps) {
  const { columns, toggle, move, resize, reset } = layout;
  const hidden = COLUMNS.filter(({ id }) => !columns.some((column) => column.id === id));
  const footer = (
    <>
      <Button onPress={reset}>As at first</Button>
      <Button kind="primary" onPress={onClose}>
        Done
      </Button>
    </>
  );
  return (
    <Dialog title="Columns" isOpen onClose={onClose} footer={footer}>
      <ul className={styles.columns}>
        {columns.map(({ id, heading, pixels }, at) => (
          <li key={id}>
            <Switch isOn onChange={() => toggle(id)} isDisabled={columns.length === 1}>
              {heading}
            </Switch>
            <span className={styles.room} />
            <IconButton
              label={`${heading}: ${sortLabel(sorting, id)}`}
              icon={sorting?.column !== id ? <ArrowDownUp /> : sorting.isDescending ? <ArrowDown /> : <ArrowUp />}
              onPress={() => onSort(nextSorting(sorting, id))}
            />
            <IconButton label={`${heading}: narrower`} icon={<Minus />} onPress={() => resize(id, pixels - 20)} />
            <IconButton label={`${heading}: wider`} icon={<Plus />} onPress={() => resize(id, pixels + 20)} />
            <IconButton
              label={`${heading}: to the left`}
              icon={<ChevronUp />}
              isDisabled={at === 0}
              onPress={() => move(id, -1)}
            />
            <IconButton
              label={`${heading}: to the right`}
              icon={<ChevronDown />}
              isDisabled={at === columns.length - 1}
              onPress={() => move(id, 1)}
            />
          </li>
        ))}
        {hidden.map(({ id, heading }) => (
          <li key={id}>
            <Switch isOn={false} onChange={() => toggle(id)}>
              {heading}
            </Switch>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
