/// How a report's page looks. The widths of bars are the only styles that stand elsewhere.
package enum PageStyle {
  package static let sheet: Markup = """
    :root {
      --page: #f6f6f3; --card: #fff; --ink: #1c1e1b; --quiet: #5d635b; --line: #d9dcd5; --code: #eef0ea;
      --good: #2c7a3f; --warn: #9a6300; --bad: #b3261e;
      --staging: #8fb4d9; --rehearsal: #7a5cc0; --cutover: #c9cdc4; --downtime: #d0473d; --proof: #e8a33d;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #151715; --card: #1f221f; --ink: #e6e8e3; --quiet: #a0a69d; --line: #363b36; --code: #2a2e2a;
        --good: #6cc280; --warn: #e2b04a; --bad: #f0857c;
        --staging: #47719c; --rehearsal: #a78bea; --cutover: #4b514a; --downtime: #e06057; --proof: #dba043;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .5rem; }
    h3 { font-size: .95rem; margin: .75rem 0 .25rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.05rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
    p { margin: .25rem 0; overflow-wrap: anywhere; }
    code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .875rem; }
    code { background: var(--code); padding: .1rem .3rem; border-radius: .25rem; overflow-wrap: anywhere; }
    pre { background: var(--code); margin: .4rem 0 0; padding: .6rem; border-radius: .3rem;
      white-space: pre-wrap; overflow-wrap: anywhere; }
    .quiet { color: var(--quiet); font-size: .875rem; }
    header, article, .next { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
      padding: .8rem 1rem; margin: 0 0 .75rem; }
    header { border-left: .4rem solid var(--good); }
    header.warn { border-left-color: var(--warn); }
    header.bad { border-left-color: var(--bad); }
    ul { list-style: none; margin: 0; padding: 0; }
    .next li, .commands li { margin: .35rem 0; }
    .next span, .commands span { color: var(--quiet); }
    .legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0 0 .75rem; font-size: .875rem; }
    .legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .35rem; }
    .outcome { font-weight: 600; font-size: .875rem; border: 1px solid; border-radius: 1rem; padding: .05rem .6rem;
      margin-left: .25rem; white-space: nowrap; color: var(--quiet); }
    .upgraded .outcome, .restored .outcome, .current .outcome { color: var(--good); }
    .rolled_back .outcome, .failed .outcome { color: var(--bad); }
    .refused .outcome, .deferred .outcome, .unreachable .outcome, .unknown .outcome, .interrupted .outcome {
      color: var(--warn); }
    .facts { color: var(--quiet); font-size: .875rem; }
    .note { font-weight: 600; }
    .release { white-space: pre-wrap; }
    .hands { color: var(--bad); font-weight: 600; }
    .bar { position: relative; height: 1.5rem; margin: .5rem 0; background: var(--code); border-radius: .3rem;
      overflow: hidden; }
    .bar i { position: absolute; top: .35rem; bottom: .35rem; min-width: 3px; }
    .bar i.rehearsal { top: .2rem; bottom: .2rem; z-index: 1; }
    .bar i.downtime { top: 0; bottom: 0; z-index: 1; }
    .bar i.proof { top: .85rem; bottom: 0; z-index: 2; }
    .bar b { position: absolute; top: 0; bottom: 0; width: 0; border-left: 2px dashed var(--quiet); }
    i.staging { background: var(--staging); } i.rehearsal { background: var(--rehearsal); }
    i.cutover { background: var(--cutover); } i.downtime { background: var(--downtime); }
    i.proof { background: var(--proof); }
    summary { cursor: pointer; color: var(--quiet); font-size: .875rem; padding: .2rem 0; }
    table { border-collapse: collapse; font-size: .875rem; }
    td { padding: .1rem 1rem .1rem 0; }
    footer { margin-top: 1rem; overflow-wrap: anywhere; }
    @media (max-width: 30rem) {
      main { padding: .5rem; }
      .next code, .commands code { display: block; padding: .4rem .5rem; }
    }
    @media print { body { background: none; } header, article { break-inside: avoid; } }
    """
}
