"""The verbs for data sets: demo-data, index, split."""

import argparse

from cxr_core.cli.output import print_result, progress_counter


def demo_data(options: argparse.Namespace) -> int:
    """Write the synthetic demo set."""
    from cxr_core.datasets.demo import write_demo_set

    folder = write_demo_set(options.out)
    return print_result(options, {"folder": str(folder)}, f"Wrote the synthetic demo set to {folder}.")


def index_data(options: argparse.Namespace) -> int:
    """Count the films of a data set and list its issues."""
    from cxr_core.datasets.index import build_index
    from cxr_core.datasets.quality.issues import counted, find_issues, issues_to_json
    from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
    from cxr_core.datasets.summary import summarise, summary_lines

    index = build_index(options.data, progress_counter("Indexing the films"))
    pixels = compute_pixel_statistics(index, progress_counter("Analysing the pixels")) if options.pixels else None
    issues = find_issues(index, pixels)
    if options.gate:
        from cxr_core.inference.gate.data_set_audit import refused_films, run_gate

        run_gate(index, progress_counter("Checking with the gate"))
        issues.append(refused_films(index))
    summary = summarise(index) | {"findings": issues_to_json(issues)}
    lines = [*summary_lines(summary), "  faults:"]
    for issue in issues:
        groups = f" in {counted(issue.groups, 'group')}" if issue.groups else ""
        lines.append(f"    {issue.title}: {counted(len(issue.films), 'file')}{groups}")
    if not options.pixels:
        lines.append("    not checked without --pixels: pixels unreadable, near duplicates, colour, inverted")
    if not options.gate:
        lines.append("    not checked without --gate: not a frontal chest film")
    lines.append(f"  files that cannot be used: {len(summary['faults'])}")
    lines += [f"    {row['path']}: {row['fault']}" for row in summary["faults"]]
    return print_result(options, summary, "\n".join(lines))


def split_data(options: argparse.Namespace) -> int:
    """Write a split table, by what people decided about the films on the Dataset page."""
    from cxr_core.datasets.curation import curated
    from cxr_core.datasets.index import build_index
    from cxr_core.datasets.split import grouped_split, write_split
    from cxr_core.datasets.summary import counts
    from cxr_core.labels import SPLITS

    index = curated(build_index(options.data, progress_counter("Indexing the films")))
    split = grouped_split(index.films, options.fractions, options.seed, options.group)
    write_split(index.films, split, options.out)
    parts = {name: counts(index.films[split == name]) for name in SPLITS}
    lines = [f"Wrote {options.out}."]
    lines += [f"  {name}: {part['films']:,} films of {part['patients']:,} patients" for name, part in parts.items()]
    if index.decisions:
        lines.append(index.decisions)
    document = {"file": str(options.out), "splits": parts, "decisions": index.decisions}
    return print_result(options, document, "\n".join(lines))
