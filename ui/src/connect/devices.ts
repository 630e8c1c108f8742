export interface Device {
  id: string;
  label: string;
  steps: readonly string[];
  note: string;
}

/** In short what the page at the proxy's address says (`wireglass/launch/pages`). */
export const DEVICES: readonly Device[] = [
  {
    id: "ios",
    label: "iPhone, iPad",
    steps: [
      "In Safari, get the certificate from that page, and allow the profile.",
      "Settings › General › VPN & Device Management: install it.",
      "Settings › General › About › Certificate Trust Settings: switch it on.",
      "Settings › Wi-Fi › (i) beside the network › Configure Proxy › Manual: server and port as above.",
    ],
    note: "",
  },
  {
    id: "android",
    label: "Android",
    steps: [
      "Get the certificate from that page. It is only saved.",
      "Settings › Security & privacy › More security & privacy › Encryption & credentials › Install a certificate › CA certificate. Names differ: search the settings for “CA certificate”.",
      "Settings › Network & internet › Internet › the gear beside the network › the pencil › Advanced options › Proxy › Manual: server and port as above.",
    ],
    note: "Browsers trust it then; other apps only if they were built to trust certificates of the user.",
  },
];
