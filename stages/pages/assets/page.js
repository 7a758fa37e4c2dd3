// What every page begins with: what Python wrote into it, and the link to itself.
"use strict";

const DATA = JSON.parse(byId("data").textContent);

document.body.classList.toggle(
  "long-names",
  (DATA.classes ?? []).some((name) => name.length > 3),
);
for (const link of document.querySelectorAll("nav a")) {
  if (link.href === location.href.split("#")[0]) link.setAttribute("aria-current", "page");
}
