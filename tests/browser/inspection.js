// What is wrong with a page as it stands; [] is good. It changes nothing in the page but which element has the focus.
async (budget) => {
    const faults = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    const short = (element) => element.outerHTML.slice(0, 160);

    // structure
    if (!document.documentElement.lang) faults.push("no lang");
    if (!document.title.trim()) faults.push("no title");
    if (all("h1").length !== 1 || !all("h1")[0].innerText.trim()) faults.push("not one h1");
    for (const input of all("input:not([type=hidden]), select, textarea"))
        if (![...input.labels].some((label) => label.textContent.trim()) && !input.ariaLabel) faults.push("no label: " + short(input));
    for (const image of all("img:not([alt])")) faults.push("no alt: " + short(image));
    for (const target of all("a, button:not([aria-hidden='true']), summary"))
        if (target.tabIndex < 0 || !(target.ariaLabel || target.textContent).trim())
            faults.push("cannot be reached or has no name: " + short(target));

    // policy: nothing inline but what search engines read, no address that is a program
    for (const part of all("script:not([src]):not([type='application/ld+json']), style, [style]"))
        faults.push("inline: " + short(part));
    for (const part of all("*"))
        for (const {name, value} of part.attributes)
            if (/^on/i.test(name) || (/^(href|src|action|formaction)$/i.test(name) && /^\s*(javascript|data|vbscript):/i.test(value)))
                faults.push("a program: " + short(part));
    for (const part of all("script[type='application/ld+json']"))
        try { JSON.parse(part.textContent); } catch (error) { faults.push("JSON-LD: " + error.message); }
    const ids = all("[id]").map((element) => element.id);
    for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) < place))) faults.push("id twice: " + id);

    // width
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) {
        const widest = all("body *").find((element) => element.getBoundingClientRect().right > innerWidth + 1);
        faults.push(`wider than the window by ${wide} px: ` + (widest ? short(widest) : ""));
    }
    return faults;
}
