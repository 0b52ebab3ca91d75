// What a page costs its reader: weight, movement while it appears, and a focus that cannot be seen; [] is good.
async (budget) => {
    const faults = [];
    const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const weights = loaded.filter((entry) => entry.initiatorType !== "img").map((entry) => entry.decodedBodySize);
    const weight = weights.reduce((sum, size) => sum + size, 0);
    if (weight > budget) faults.push(`heavier than ${budget} bytes: ${weight}`);

    const shifts = await new Promise((resolve) => {
        const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
        observer.observe({type: "layout-shift", buffered: true});
        setTimeout(() => resolve([]), 50);
    });
    for (const shift of shifts) faults.push("it moved by itself: " + shift.value);

    for (const stop of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
        if (!stop.checkVisibility({visibilityProperty: true}) || stop.disabled || stop.type === "hidden") continue;
        stop.focus({preventScroll: true});
        if (document.activeElement !== stop) continue; // another one of its radio group is the stop
        const ringed = [stop, stop.parentElement, stop.closest("label"), stop.labels?.[0]].some((element) => {
            if (!element) return false;
            const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
            return outlineStyle === "auto" || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || (element !== stop && boxShadow !== "none");
        });
        if (!ringed) faults.push("no ring around the focus: " + stop.outerHTML.slice(0, 160));
    }
    document.activeElement?.blur();
    return faults;
}
