// Gives each citation a button that copies it; without this script one click selects the text.
"use strict";
for (const text of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-s cite-copy";
  button.textContent = text.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent.trim());
    button.textContent = text.dataset.copied;
  });
  const status = document.createElement("p");
  status.className = "cite-act";
  status.setAttribute("role", "status");
  status.append(button);
  text.after(status);
}
