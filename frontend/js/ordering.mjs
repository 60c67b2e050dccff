// Steps to put in order: buttons that move a step and keep the selects in step. Without this script the selects do.

const moves = [["Move up", -1], ["Move down", 1]];

for (const list of document.querySelectorAll("[data-ordering]")) {
  const rows = [...list.children];
  const select = (row) => row.querySelector("select");
  const live = document.createElement("p");
  live.className = "nhsuk-u-visually-hidden";
  live.setAttribute("aria-live", "polite");
  list.after(live);

  // The order as the selects tell it; a step without a place counts where it stands.
  const ordered = () => {
    const standing = [...list.children];
    const rank = (row) => Number(select(row).value) || standing.indexOf(row) + 1;
    return standing.sort((a, b) => rank(a) - rank(b));
  };

  const move = (row, by, button) => {
    const order = ordered();
    const to = Math.min(Math.max(order.indexOf(row) + by, 0), order.length - 1);
    const stayed = order.indexOf(row) === to;
    order.splice(to, 0, ...order.splice(order.indexOf(row), 1));
    list.append(...order);
    button.focus(); // a row that is moved in the document loses it
    const fields = order.map(select);
    const changed = fields.filter((field, index) => field.value !== String(index + 1));
    fields.forEach((field, index) => { field.value = String(index + 1); });
    for (const field of changed) field.dispatchEvent(new Event("change", { bubbles: true })); // autosave hears of it
    live.textContent = `${row.dataset.step}: ${stayed ? "already at" : "moved to"} place ${to + 1} of ${order.length}`;
  };

  for (const row of rows) {
    const group = document.createElement("div");
    group.className = "app-ordering__buttons";
    for (const [words, by] of moves) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "nhsuk-button nhsuk-button--secondary";
      button.textContent = words;
      const hidden = document.createElement("span");
      hidden.className = "nhsuk-u-visually-hidden";
      hidden.textContent = `: ${row.dataset.step}`;
      button.append(hidden);
      button.addEventListener("click", () => move(row, by, button));
      group.append(button);
    }
    row.append(group);
  }
  if (rows.every((row) => select(row).value)) list.append(...ordered());
}
