// Beside each password a button that shows what was typed, as the NHS pattern has it. Without this script there is none.
// The words are typed again as a password before the form goes out: browsers would remember them as plain text.

const announce = document.createElement("div");
announce.className = "nhsuk-u-visually-hidden";
announce.setAttribute("role", "status");

for (const input of document.querySelectorAll('input[type="password"]')) {
  const wrapper = document.createElement("div");
  wrapper.className = "app-password";
  input.before(wrapper);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "nhsuk-button nhsuk-button--secondary app-password__toggle";
  button.setAttribute("aria-controls", input.id);
  wrapper.append(input, button);
  input.spellcheck = false;
  input.autocapitalize = "none";

  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide password" : "Show password");
  };
  show(false);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    show(shown);
    announce.textContent = shown ? "Your password is visible" : "Your password is hidden";
  });
  input.form?.addEventListener("submit", () => show(false));
  addEventListener("pageshow", (event) => event.persisted && show(false));
}
document.body.append(announce);
