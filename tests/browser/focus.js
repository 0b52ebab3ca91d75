// What the focus cannot be seen on, for who has pressed the Tab key; [] is good.
() => {
    const faults = [];
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
