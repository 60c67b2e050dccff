// Compile scss/main.scss to one compressed style sheet: `node build.mjs OUTPUT` (see hatch_build.py).
//
// nhsuk-frontend gives each component whole, with variants that none of our pages has. They are
// more than half of its bytes, so they are taken out here by the names of their classes. To use
// one of them, take its line away.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import postcss from "postcss";
import { compile } from "sass";

const UNUSED = [
  /-(brand|login|white|reverse|justified|organisation)\b/, // variants for other grounds and bodies
  /header__(search|menu|account|logo|organisation|service-logo|navigation-container--)/, // we have none
  /header--inline|input-wrapper__|search|nhsuk-password/,
  /card--care|card__img|card--primary|card__content--|card__heading--|nhsuk-image/,
  /secondary-solid|button--(small|icon)|button-group--small|button__content|panel--interruption/,
  /(checkboxes|radios)(--small|__conditional)|form-group--inline|card--secondary|container-fluid/,
  /sortable|\[data-sort|\[aria-sort|nhsuk-scroll|table-container|table__panel|heading-tab/,
  /\.nhsuk-table-responsive|nhsuk-expander|lede-text|link-image|caption-xx|heading-xxs|--size-|section-break/,
  /frontend-supported/, // body class that only the library's own script sets
];

const isUsed = (selector) => {
  const bare = selector.replace(/:not\([^()]*\)/g, "");
  return !UNUSED.some((pattern) => pattern.test(bare));
};

const root = postcss.parse(compile("scss/main.scss", { loadPaths: ["node_modules"], style: "compressed", charset: false }).css);
root.walkRules((rule) => {
  const used = rule.selectors.filter(isUsed);
  if (used.length === 0) rule.remove();
  else if (used.length < rule.selectors.length) rule.selectors = used;
});
root.walkAtRules("media", (media) => {
  const queries = media.params.split(",").filter((query) => !query.includes("-ms-high-contrast"));
  if (queries.length === 0) media.remove();
  else media.params = queries.join(",");
});
for (let emptied = true; emptied; ) {
  emptied = false;
  root.walkAtRules((rule) => {
    if (rule.nodes?.length === 0) emptied = Boolean(rule.remove());
  });
}

const output = process.argv[2];
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, root.toString());
