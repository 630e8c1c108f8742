/** What to try after an error, by its code (`wireglass.errors`); a code that is not here takes the advice of what it
 * begins with. */
const ADVICE: ReadonlyArray<readonly [string, string]> = [
  [
    "client_distrust",
    "Let the client trust Wireglass' certificate: the Connect page says how. An app that pins its certificate cannot be captured.",
  ],
  [
    "client_tls",
    "The client's TLS failed before any request. See which versions and ciphers it offers, or let this host through with --passthrough.",
  ],
  ["client_closed", "The client went away before the end: look at its own time limit."],
  ["interrupted", "Wireglass was stopped while this ran. Send it again."],
  [
    "refused_by_policy",
    "A rule of Wireglass forbids this target: --refuse, or --allow-remote-loopback for clients of other machines.",
  ],
  ["proxy_auth", "Give the client the proxy's user name and password, as --proxy-auth has them."],
  ["limit_reached", "Too many connections at once: close some, or raise --max-clients."],
  ["name_not_found", "Is the host spelled right? Can this machine look it up: `nslookup HOST`?"],
  ["name_timeout", "The name server did not answer: check the network, a VPN, or /etc/hosts."],
  [
    "connection_refused",
    "Look on the server's machine whether it listens at that port: `ss -ltn`. It may listen on another address only.",
  ],
  ["connect_timeout", "The server's machine does not answer: a firewall, a VPN, or a wrong address?"],
  ["unreachable", "There is no way to that address: check the network, a VPN, or IPv6."],
  ["tls_timeout", "It answered, and then did not finish TLS: is it https at all at that port?"],
  ["response_timeout", "The server took too long: look at its log, or raise --response-timeout."],
  ["idle_timeout", "Nothing came for too long: raise --idle-timeout if that is meant."],
  ["timeout", "The server took too long: look at its log, or raise --response-timeout."],
  ["upstream_proxy", "Check the address, the user name and the password of --upstream."],
  ["certificate_expired", "The server needs a new certificate. To go on anyway, name this host with --insecure-hosts."],
  ["certificate_not_yet_valid", "Is this machine's clock right?"],
  ["certificate_wrong_host", "The certificate is for another name: is this the right address?"],
  [
    "certificate",
    "Give this system, or SSL_CERT_FILE, the CA that issued it; or name this host with --insecure-hosts to go on anyway.",
  ],
  ["client_certificate_wanted", "The server wants a client certificate: give one with --client-cert."],
  ["not_tls", "The server does not speak TLS there: try http instead of https, or another port."],
  ["tls", "Try what the server can: `openssl s_client -connect HOST:PORT`."],
  ["upstream_tls", "Try what the server can: `openssl s_client -connect HOST:PORT`."],
  ["stream_reset", "The server gave this stream up: look at its log, and send it again."],
  ["upstream", "The server ended the connection: look at its log, and send it again."],
  ["malformed_response", "The server does not keep to HTTP: what it sent so far is in the response."],
  ["malformed_request", "The client does not keep to HTTP: what it sent so far is in the request."],
];

export function adviceFor(code: string): string {
  return ADVICE.find(([known]) => code.startsWith(known))?.[1] ?? "";
}
