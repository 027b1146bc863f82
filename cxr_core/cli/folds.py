"""The verb `folds`: many fits of one recipe, each on patients or a source left out."""

import argparse
import json
import sys
from contextlib import ExitStack, redirect_stdout
from functools import partial

from cxr_core.cli.output import print_result, progress_counter
from cxr_core.tables import table_to_csv, without_pseudonyms

CONTRADICTED = 40


def run_folds(options: argparse.Namespace) -> int:
    """Fit the folds that have not been fitted; write and print the metrics of each."""
    import pandas as pd

    from cxr_core.cli.training import key_value
    from cxr_core.cluster.fits import FitsOnCluster
    from cxr_core.cluster.fold_metrics import FoldNetwork, held_out_metrics, labels_of
    from cxr_core.cluster.folds import fitted_folds, plan_folds
    from cxr_core.cluster.ray_cluster import RayCluster
    from cxr_core.datasets.curation import curated
    from cxr_core.datasets.index import build_index
    from cxr_core.evaluation.sources import of_both_classes
    from cxr_core.training.recipes import configure

    recipe = configure(options.recipe, dict(key_value(text) for text in options.settings))
    index = curated(build_index(options.data, progress_counter("Indexing the films")))
    folds = plan_folds(index, options.leave_one_source_out)
    rows, scored = [], []
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        cluster = FitsOnCluster(stack.enter_context(RayCluster(options.cluster))) if options.cluster else None
        report = partial(print, flush=True)
        for fold, run in fitted_folds(index, options.recipe, recipe, folds, report, cluster):
            network = FoldNetwork(run, index)
            state = run.state()
            about = {"fold": fold.name, "epochs": state.epoch, "best_epoch": state.best_epoch}
            rows += [about | row for row in held_out_metrics(network)]
            both, _ = of_both_classes(network.held_out)
            scored.append(both.assign(fold=fold.name, error=(both["score"] - labels_of(both)).abs()))
            table = pd.DataFrame(rows)
            print(table.to_string(index=False, float_format="{:.4f}".format), flush=True)
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                name = "sources" if options.leave_one_source_out else "folds"
                (options.out / f"{name}.csv").write_text(table_to_csv(table, float_format="%.4f"), encoding="utf-8")
                worst = pd.concat(scored).nlargest(CONTRADICTED, "error")
                columns = ["path", "label", "kind", "patient", "score", "fold"]
                audit = table_to_csv(without_pseudonyms(worst[columns].round(4)))
                (options.out / "label_audit.csv").write_text(audit, encoding="utf-8")
    table = pd.DataFrame(rows)
    if table.empty:
        return print_result(options, [], "No fold has finished.")
    numbers = [name for name in table.select_dtypes("number") if name not in ("epochs", "best_epoch", "films")]
    spread = table.groupby("source")[numbers].agg(["mean", "std"])
    documents = json.loads(table.to_json(orient="records"))
    return print_result(options, documents, spread.T.to_string(float_format="{:.4f}".format))
