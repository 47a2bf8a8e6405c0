// The page « Chiffres clés » works without this: choosing shows at once, and what is folded prints too.
"use strict";
(() => {
  const form = document.querySelector(".fig-filters");
  if (form) {
    for (const choice of form.querySelectorAll("select")) {
      choice.addEventListener("change", () => form.requestSubmit());
    }
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
    });
  }
  const print = document.querySelector(".fig-print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".fig-data:not([open])")];
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
