"""The command line's parser: every verb and its options. It imports none of the packages that do the work."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from cxr_core import __version__
from cxr_core.cli.output import BAD_INPUT
from cxr_core.paths import INSTALLED


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help.\n")


def parser() -> argparse.ArgumentParser:
    """The parser; `verb` of its result names the function that runs, as MODULE.FUNCTION of `cxr_core.cli`."""
    root = _Parser(
        prog="cxr" if INSTALLED else "python -m cxr_core",
        description="Read chest X-rays for pneumonia; train and evaluate networks.",
    )
    root.add_argument("--version", action="version", version=__version__)
    verbs = root.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(name: str, run: str, description: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=description, description=description)
        added.set_defaults(verb=run)
        added.add_argument("--json", action="store_true", help="print one JSON document on standard output")
        return added

    demo = verb("demo-data", "datasets.demo_data", "write the small synthetic demo set")
    demo.add_argument("out", type=Path, metavar="OUT")

    index = verb("index", "datasets.index_data", "count films by split, class and kind; list all issues")
    index.add_argument("data", type=Path, metavar="DATA")
    index.add_argument(
        "--pixels", action="store_true", help="also analyse the pixels: near duplicates, colour, inverted"
    )
    index.add_argument("--gate", action="store_true", help="also list what the gate does not accept as a frontal film")

    split = verb("split", "datasets.split_data", "split a data set into train, val and test by patient; writes a table")
    split.add_argument("data", type=Path, metavar="DATA")
    split.add_argument("--fractions", type=float, nargs=3, default=(0.7, 0.15, 0.15), metavar=("TRAIN", "VAL", "TEST"))
    split.add_argument("--seed", type=int, default=0)
    split.add_argument("--group", default="patient", help="patient, or image (leaks patients; for comparison)")
    split.add_argument("--out", type=Path, required=True, metavar="FILE")

    train = verb("train", "training.train", "fit a recipe; writes the run folder")
    train.add_argument("data", type=Path, nargs="+", metavar="DATA", help="several are several sources")
    train.add_argument("--boxes", type=Path, metavar="FILE", help="boxes around opacities; default: those beside DATA")
    train.add_argument("--recipe", default="residual-128")
    train.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    train.add_argument("--split", type=Path, metavar="FILE")
    train.add_argument("--run", type=Path, metavar="DIR")

    verb("runs", "training.show_runs", "list the runs")
    jobs = verb("jobs", "jobs.show_jobs", "list the jobs in their order: trainings, publishing, evaluations, audits")
    jobs.add_argument("--stop", metavar="JOB", help="stop this one")
    verb("gpu", "gpu.show_gpu", "say what GPU was found, what is missing for its use, and what to install")
    for name, run, description in (
        ("stop", "training.stop_run", "stop a run after its current batch; the best weights stay"),
        ("resume", "training.resume_run", "resume a run that stopped, failed or died"),
    ):
        verb(name, run, description).add_argument("run", metavar="RUN")

    fold = verb("folds", "folds.run_folds", "what a recipe is worth on patients, or at a source, that it has not seen")
    fold.add_argument("data", type=Path, nargs="+", metavar="DATA")
    fold.add_argument("--leave-one-source-out", action="store_true", help="hold out each source instead of patients")
    fold.add_argument("--recipe", default="released")
    fold.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    fold.add_argument("--out", type=Path, metavar="DIR", help="write folds.csv or sources.csv, and label_audit.csv")
    _add_cluster(fold)

    sweep = verb("sweep", "cluster.run_sweep", "fit a recipe with several settings and seeds; stop the worse early")
    sweep.add_argument("data", type=Path, nargs="+", metavar="DATA")
    sweep.add_argument("--recipe", default="residual-128")
    sweep.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    sweep.add_argument("--try", dest="tried", action="append", default=[], metavar="KEY=VALUE,VALUE")
    sweep.add_argument("--seeds", type=int, default=1, metavar="N")
    sweep.add_argument("--split", type=Path, metavar="FILE")
    _add_cluster(sweep)

    reproduce = verb(
        "reproduce", "training.reproduce_experiments", "run the published experiments and compare the results"
    )
    reproduce.add_argument("data", type=Path, metavar="DATA")
    reproduce.add_argument("--only", nargs="+", metavar="NAME", help="only these, for example yagci-baseline xcovnet")

    publish = verb("publish", "models.publish_run", "make a model folder of a run's best weights")
    publish.add_argument("run", nargs="?", metavar="RUN")
    publish.add_argument("--name", help="of the new model; needed with RUN")
    publish.add_argument("--into", type=Path, metavar="DIR", help="folder of models; by default the user's")
    publish.add_argument("--convert", metavar="NAME", help="instead of publishing a run, convert a model for reading")
    publish.add_argument(
        "--data", type=Path, nargs="+", metavar="DATA", help="with --convert: the films it was trained on"
    )

    models = verb("models", "models.show_models", "list the models, the released one marked; export or import one")
    models.add_argument("--export", metavar="NAME", help="write this model as a signed zip; --out FILE.zip")
    models.add_argument("--out", type=Path, metavar="FILE")
    models.add_argument("--import", dest="archive", type=Path, metavar="FILE", help="add an exported model")
    models.add_argument("--name", help="with --import: by default the name that it was exported under")
    models.add_argument("--confirm", default="", metavar="KEY", help="with --import: the fingerprint of an unknown key")

    evaluate = verb("evaluate", "models.evaluate_model", "estimates of a model on a split, with confidence intervals")
    evaluate.add_argument("data", type=Path, nargs="?", metavar="DATA")
    evaluate.add_argument(
        "--split", default="test", help="a split of the folder, or a split table and its part FILE:PART"
    )
    evaluate.add_argument("--model", metavar="NAME")
    evaluate.add_argument("--out", type=Path, metavar="DIR", help="needed with DATA")
    evaluate.add_argument(
        "--compare", metavar="OTHER", help="a second model, or a CSV of another system's scores, on the same films"
    )
    evaluate.add_argument("--accept", action="store_true", help="site acceptance: is the model fit for these films?")
    evaluate.add_argument(
        "--share", type=Path, metavar="FILE", help="with --accept: write counts and histograms, without films and names"
    )
    evaluate.add_argument("--site", metavar="NAME", help="with --share: the name under which they are shared")
    evaluate.add_argument(
        "--join", type=Path, nargs="+", metavar="FILE", help="instead of DATA: one table of what several sites shared"
    )

    predict = verb("predict", "prediction.predict_films", "read films")
    predict.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, a glob or dicomweb:STUDY-UID")
    predict.add_argument("--model", metavar="NAME")
    predict.add_argument("--heatmaps", type=Path, metavar="DIR", help="write an overlay PNG for each film")
    predict.add_argument("--csv", type=Path, metavar="FILE", help="write the readings as a table")
    predict.add_argument(
        "--prevalence", type=float, metavar="P", help="share of films with pneumonia where you are, 0.02 to 0.8"
    )
    predict.add_argument("--site", metavar="NAME", help="read by the profile of a site that accepted the model")
    predict.add_argument("--fhir", type=Path, metavar="DIR", help="write a FHIR R5 DiagnosticReport for each film")
    predict.add_argument("--send", action="store_true", help="store the results in the archive, for dicomweb:STUDY-UID")

    archive = verb("read-archive", "cluster.read_archive_films", "read an archive of films into a table, in batches")
    archive.add_argument("source", type=Path, metavar="PATH", help="a folder, or a CSV with a column path")
    archive.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="Parquet files; the same command goes on"
    )
    archive.add_argument("--model", metavar="NAME")
    archive.add_argument("--prevalence", type=float, metavar="P", help="as for predict")
    _add_cluster(archive)

    verb("backup", "upkeep.backup", "write CXR_HOME to one file").add_argument("out", type=Path, metavar="FILE")
    restore = verb("restore", "upkeep.restore", "put a backup back as CXR_HOME, which must be empty or missing")
    restore.add_argument("backup", type=Path, metavar="FILE")
    verb("upgrade", "upkeep.upgrade", "write the records of an earlier version in today's schema; back up first")
    verb("audit", "app.verify_audit", "verify the chain of the audit log")
    serve = verb("app", "app.serve_app", "serve the app")
    serve.add_argument("--address", default="127.0.0.1", help="this machine only by default")
    serve.add_argument("--port", type=int, default=8501)
    serve.add_argument("--headless", action="store_true", help="do not open a browser")

    _add_hospital_verbs(verb)
    return root


def _add_cluster(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--cluster", metavar="ADDRESS", help="work on a Ray cluster: auto, or ray://HOST:10001")


def _add_hospital_verbs(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    node = verb("node", "hospital.run_node", "receive films by DICOM, read them and send the results to the archive")
    node.add_argument("--aet", default="CXR", metavar="TITLE", help="AE title of the node")
    node.add_argument("--port", type=int, default=11112)
    node.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="address to listen at")
    node.add_argument("--from", dest="callers", action="append", default=[], metavar="TITLE@ADDRESS")
    node.add_argument("--to", metavar="TITLE@HOST:PORT", help="archive, by C-STORE; `dicomweb` for CXR_ARCHIVE_URL")
    node.add_argument("--to-tls", type=Path, metavar="FILE", help="the archive listens with TLS; its authority in PEM")
    node.add_argument("--tls-certificate", type=Path, metavar="FILE", help="listen with TLS; certificate in PEM")
    node.add_argument("--tls-key", type=Path, metavar="FILE")
    node.add_argument("--tls-authority", type=Path, metavar="FILE", help="callers need a certificate by this authority")
    node.add_argument("--spool", type=Path, metavar="DIR", help="by default CXR_HOME/hospital")
    node.add_argument("--quota", type=float, default=10.0, metavar="GB", help="of the spool")
    node.add_argument("--model", metavar="NAME")
    node.add_argument("--prevalence", type=float, help="of pneumonia at this site, 0.02 to 0.8; by default 0.2")
    node.add_argument("--site", metavar="NAME", help="read by the profile of a site that accepted the model")
    node.add_argument("--operating-point", metavar="NAME", help="rule_out, balanced or rule_in; by default the model's")
    node.add_argument("--error-rate", type=float, help="0.02, 0.05, 0.1 or 0.2; by default the model's")
    node.add_argument("--worklist", type=float, nargs="?", const=14.0, metavar="DAYS", help="keep films for Diagnose")
    node.add_argument("--updates", action="store_true", help="send what readers decide on the worklist to the archive")
    node.add_argument("--shadow", action="store_true", help="read, show and send nothing; then compare by `shadow`")
    node.add_argument("--metrics", type=int, metavar="PORT", help="serve /health and /metrics there, on 127.0.0.1")
    node.add_argument("--aside", action="store_true", help="list the films that were kept aside, with the reasons")

    shadow = verb(
        "shadow", "ward.compare_shadow", "compare what the node read in shadow mode with radiologists' reports"
    )
    shadow.add_argument("reports", type=Path, metavar="REPORTS", help="a CSV with accession,label")
    shadow.add_argument("--model", metavar="NAME")
    shadow.add_argument("--out", type=Path, required=True, metavar="DIR")
    verb("monitor", "ward.show_monitor", "say what of the node's films has drifted from the first weeks")

    studies = verb("studies", "hospital.find_studies", "find studies in the archive that CXR_ARCHIVE_URL names")
    studies.add_argument("--date", metavar="DAY[-DAY]", help="for example 2026-11-26 or 20261101-20261130")
    studies.add_argument("--modality", action="append", metavar="CODE", help="by default CR and DX")
    studies.add_argument("--description", default="", metavar="TEXT", help="* and ? stand for any characters")
    studies.add_argument("--patient", default="", metavar="TEXT", help="name or id; is not sent to the archive")
    studies.add_argument("--names", action="store_true", help="also print the patients' names and ids")
