// What the theme leaves out for readers who use a keyboard or a screen reader.
function nameLandmarks() {
  document.querySelectorAll("p.caption[role=heading]").forEach((caption) => caption.setAttribute("aria-level", "2"));
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
}

function addTabStops() {
  document.querySelectorAll("pre, .table-wrapper").forEach((box) => {
    box.toggleAttribute("tabindex", false);
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
}

window.addEventListener("DOMContentLoaded", nameLandmarks);
window.addEventListener("load", addTabStops);
window.addEventListener("resize", addTabStops);
