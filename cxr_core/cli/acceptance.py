"""`evaluate --accept`, which tests a model's acceptance at a site, and `evaluate --join`, which compares sites."""

import argparse
from datetime import UTC, datetime

from cxr_core.cli.output import print_result, progress_counter
from cxr_core.errors import InputError


def accept_or_join(options: argparse.Namespace) -> int:
    """Test acceptance, and share its counts if that is asked for; or join what several sites have shared."""
    if options.join:
        if options.data or options.accept or options.share or options.site or options.compare:
            raise InputError("the files of several sites are accepted, and --out DIR", thing="evaluate --join")
        return _join(options)
    if not (options.accept and options.data and options.out) or options.compare:
        raise InputError(
            "needs DATA and --out DIR",
            thing="evaluate --accept",
            accepted="accepted are also --model, --share and --site",
        )
    if bool(options.share) != bool(options.site):
        raise InputError(
            "needs --site NAME, and --site needs --share", thing="evaluate --share FILE", accepted="both are accepted"
        )
    return _accept(options)


def _accept(options: argparse.Namespace) -> int:
    from cxr_core.evaluation.site import acceptance_document, judge_site, shared_of, write_acceptance
    from cxr_core.files import store_file
    from cxr_core.models.registry import check_name, find_model
    from cxr_core.records import write_object
    from cxr_core.reports.acceptance_pdf import acceptance_pdf

    if options.site:
        check_name(options.site)
    model = find_model(options.model)
    site = judge_site(model, options.data, progress_counter("Decoding the films"))
    document = acceptance_document(site)
    write_acceptance(document, options.out)
    (options.out / "acceptance.pdf").write_bytes(acceptance_pdf(document, datetime.now(UTC)))
    lines = [document["verdict_in_words"], *document["reasons"], f"Wrote {options.out}."]
    if options.share:
        shared = shared_of(site, model, options.site)
        with store_file(options.share, "the shared counts") as part:
            write_object(part, shared.to_dict())
        lines.append(f"Wrote {options.share}: counts and histograms of {shared.films:,} films, no film and no name.")
    return print_result(options, document, "\n".join(lines))


def _join(options: argparse.Namespace) -> int:
    from cxr_core.files import store_file
    from cxr_core.models.shared_counts import read_shared_counts
    from cxr_core.records import write_object
    from cxr_core.reports.site_table import site_csv, site_document, site_lines

    sites = read_shared_counts(options.join)
    document, rows = site_document(sites), site_lines(sites)
    lines = [f"{sites[0].model} ({sites[0].version}) at {len(sites)} sites"]
    widths = {title: max(len(title), *(len(row[title]) for row in rows)) for title in rows[0]}
    for row in ({title: title for title in widths}, *rows):
        lines.append("  ".join(row[title].ljust(width) for title, width in widths.items()).rstrip())
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        with store_file(options.out / "sites.json", "the table of sites") as part:
            write_object(part, document)
        with store_file(options.out / "sites.csv", "the table of sites") as part:
            part.write_text(site_csv(sites))
        lines.append(f"Wrote {options.out}.")
    return print_result(options, document, "\n".join(lines))
