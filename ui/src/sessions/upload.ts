import { ApiError } from "../api/client";
import { refuseToken, token } from "../api/token";
import type { Problem, Session } from "../api/types";

/** Imports a HAR file. `sent` is told the part that has gone out, from 0 to 1: `fetch` cannot tell that. */
export function importFile(file: Blob, sent: (part: number) => void, signal: AbortSignal): Promise<Session> {
  return new Promise((resolve, reject) => {
    const used = token();
    const request = new XMLHttpRequest();
    request.open("POST", "/api/import");
    request.setRequestHeader("Authorization", `Bearer ${used}`);
    request.setRequestHeader("Content-Type", "application/json");
    request.upload.onprogress = ({ loaded, total }) => sent(total ? loaded / total : 1);
    request.onload = () => {
      if (request.status === 201) {
        try {
          resolve(JSON.parse(request.responseText) as Session);
        } catch (error) {
          reject(error);
        }
        return;
      }
      if (request.status === 401) refuseToken(used);
      reject(new ApiError(problemOf(request), request.status));
    };
    request.onerror = () => reject(new Error("The file could not be sent: Wireglass does not answer."));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function problemOf(request: XMLHttpRequest): Problem {
  try {
    return JSON.parse(request.responseText) as Problem;
  } catch {
    const message = `The import ended with status ${request.status}.`;
    return { code: "no_json", message, hint: "Please report it.", field: "", at: null };
  }
}
