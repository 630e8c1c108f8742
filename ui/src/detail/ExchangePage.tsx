import { useEffect } from "react";
import { useParams } from "wouter";
import { EmptyState } from "../parts";
import { useGo } from "../shell";
import { Detail } from "./Detail";

/** One exchange with all the room: `/exchange/12`. */
export default function ExchangePage() {
  const { id = "" } = useParams();
  const go = useGo();
  useEffect(() => {
    document.title = `Exchange ${id} · Wireglass`;
  }, [id]);
  if (!/^[1-9]\d{0,15}$/.test(id)) return <EmptyState title={`${id} is no number of an exchange`} />;
  return <Detail id={Number(id)} isWhole onClose={() => go("/traffic", { id })} />;
}
