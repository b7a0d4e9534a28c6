"""`burnish demo`: the whole life cycle of a fine-tuned model, on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.demo.folder import mark_kept, what_is_there
from burnish.cli.demo.next_steps import pages_to_ask_about, steps_with_model, steps_without_model
from burnish.cli.demo.plan import OUT, Plan, Task, base_model, usual_held_out, usual_training
from burnish.cli.display import Display, Stages, open_display
from burnish.cli.evaluation.scores import require_answers, show_outcome
from burnish.cli.options import option
from burnish.cli.output import print_message, print_result
from burnish.cli.source_options import LayoutOption

if TYPE_CHECKING:
    from burnish.cli.demo.stages import DemoModel
    from burnish.datasets.prepared import PreparedDataset
    from burnish.evaluation import Evaluation

AtLeastOne = validators.Number(gte=1)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a demo came to."""

    evaluation: Evaluation
    path: Path
    #: Images of a held-out document, to ask the model about.
    pages: tuple[Path, ...] = ()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SampleCounts:
    """How many samples are generated; None is what suits the task."""

    training_per_label: Annotated[
        int | None,
        Parameter(
            help="Samples per type to train and validate with.",
            validator=validators.Number(gte=2),
        ),
    ] = None
    held_out_per_label: Annotated[
        int | None, Parameter(help="Samples per type to hold out.", validator=AtLeastOne)
    ] = None


def demo(
    *,
    documents: Annotated[
        Path | None,
        Parameter(help="Your documents, one sub-folder per type; by default samples are generated."),
    ] = None,
    layout: LayoutOption = None,
    out: Annotated[Path, Parameter(help="Output folder.")] = OUT,
    model: Annotated[
        str | None,
        Parameter(
            help="A model: a Hugging Face name or a folder of weights. To tell types apart, it is pooled "
            "with page features."
        ),
    ] = None,
    keep: Annotated[bool, option("Keep the model, throughput and role.")] = False,
    seed: Annotated[int, Parameter(help="Random seed.", validator=validators.Number(gte=0, lt=2**31))] = 0,
    samples: SampleCounts | None = None,
    task: Annotated[
        Task, Parameter(help="What is learned: the types of pages, or to read fields off invoices.")
    ] = "classification",
) -> None:
    """Fine-tune, deploy, evaluate and clean up a model on this machine, and write a report about it."""
    samples = samples or SampleCounts()
    plan = Plan(
        documents=documents,
        layout=layout,
        out=out,
        model=base_model(model, task),
        source=model,
        keep=keep,
        seed=seed,
        training_per_label=samples.training_per_label or usual_training(task),
        held_out_per_label=samples.held_out_per_label or usual_held_out(task),
        task=task,
    )
    _conclude(plan, _run(plan))


def _run(plan: Plan) -> Result:
    """Run all stages on a display. If interrupted, print what was kept, once every child is gone."""
    current = "the beginning"
    try:
        with open_display() as display:
            stages = Stages(display)
            try:
                return _go_through(plan, stages, display)
            finally:
                current = stages.current or current
    except KeyboardInterrupt:
        print_message(f"Interrupted during {current}; nothing is left running. {_kept(plan)}")
        raise


def _go_through(plan: Plan, stages: Stages, display: Display) -> Result:
    from burnish.cli.demo import data
    from burnish.cli.demo import stages as steps
    from burnish.cli.demo.first_rungs import climb_first_rungs
    from burnish.cli.demo.server import clients_of, server_of, wait_for_server
    from burnish.disk import reporting_full_disk
    from burnish.evaluation import write_evaluation
    from burnish.evaluation.reports.folder import write_summary
    from burnish.service import ModelFinetuningService

    with stages.stage("documents"):
        material = data.gather_documents(plan, display)
    with server_of(plan) as child:
        with stages.stage("server"):
            server = wait_for_server(child, display)
            clients = clients_of(plan, server)
            service = ModelFinetuningService(clients=clients)
        with stages.stage("data set"):
            dataset = data.prepare(plan, material, clients, display)
        role, features = steps.create_role(service), None
        if not plan.extracts:  # page features tell types apart, and read nothing off a page
            with stages.stage("first rungs"):
                features = climb_first_rungs(plan, dataset, role, service, clients, display)
        with stages.stage("job"):
            job = steps.job_config(plan.model.id, dataset, role, plan.hyperparameters)
            model_arn = steps.tune(job, service, display)
        with stages.stage("throughput"):
            tuned = steps.provision(model_arn, service, display)
        with stages.stage("evaluation"):
            evaluation = steps.evaluate(plan, _endpoints(plan, features, tuned), dataset, clients, display)
        with stages.stage("report"):
            evaluation = replace(evaluation, data=data.data_facts(material, dataset))
            path = write_evaluation(_timed(evaluation, stages), plan.out)
            display.show(str(path))
        with stages.stage("clean-up"):
            if plan.keep:
                _keep(plan, tuned, dataset, display)
            else:
                steps.clean_up([*filter(None, [features]), tuned], role, service, display)
    evaluation = _timed(evaluation, stages)
    with reporting_full_disk(plan.out):
        write_summary(evaluation, plan.out)  # with the stages that came after the report
    return Result(evaluation=evaluation, path=path, pages=pages_to_ask_about(plan, dataset))


def _endpoints(plan: Plan, features: DemoModel | None, tuned: DemoModel) -> dict[str, str]:
    """What to call each model of the evaluation by, by its name."""
    endpoints = {"base": plan.model.id}
    if features:
        endpoints["features"] = features.throughput_arn
    return {**endpoints, "tuned": tuned.throughput_arn}


def _keep(plan: Plan, tuned: DemoModel, dataset: PreparedDataset, display: Display) -> None:
    """Leave everything, and a program beside it that asks the model."""
    mark_kept(plan.out)
    plan.script.write(plan.out, model_id=tuned.throughput_arn, manifest_uri=dataset.manifest_uri)
    display.show("everything is kept")


def _timed(evaluation: Evaluation, stages: Stages) -> Evaluation:
    """The evaluation with the times of the stages so far."""
    from burnish.evaluation.facts import StageTime

    taken = tuple(StageTime(name=name, seconds=seconds) for name, seconds in stages.seconds.items())
    return replace(evaluation, stages=taken)


def _conclude(plan: Plan, result: Result) -> None:
    show_outcome(result.evaluation)
    print_result(f"Report: {result.path}\n")
    print_result(steps_with_model(plan, result.pages) if plan.keep else steps_without_model(plan))
    require_answers(result.evaluation.outcome)


def _kept(plan: Plan) -> str:
    there = what_is_there(plan.out)
    return f"Kept in {plan.out}: {', '.join(there)}." if there else "Nothing was kept."
