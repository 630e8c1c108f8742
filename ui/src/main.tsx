import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { watchToken } from "./api/token";
import { App } from "./shell/App";
import { showTheme } from "./shell/theme";
import "./shell/tokens.css";

watchToken();
showTheme();
const page = document.getElementById("page");
if (!page) throw new Error("index.html has no #page");
createRoot(page).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
