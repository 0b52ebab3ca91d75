// What a page costs its reader: its weight, and movement while it appears; [] is good.
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
    for (const shift of shifts) faults.push(`it moved by itself: ${shift.value} ` + shift.sources.map(({node}) => node?.outerHTML?.slice(0, 100)));
    return faults;
}
