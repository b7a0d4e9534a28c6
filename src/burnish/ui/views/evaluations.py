"""Evaluations: what models get wrong, on which pages, and from which confidence on they can be believed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from burnish.appearance.colours import place_of
from burnish.errors import BurnishError, InvalidInput, NotFound
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.reports.many_labels import excerpt_note
from burnish.evaluation.reports.page import tone_of
from burnish.evaluation.reports.sentences import basis_of, notes_of
from burnish.evaluation.statistics import PairComparison
from burnish.ui.confusion_links import linked_matrix
from burnish.ui.page_pictures import LARGE, SMALL, text_on
from burnish.ui.review_effort import efforts_of, listed_thresholds
from burnish.ui.selected_pages import model_in, selection_in
from burnish.ui.visits import SiteView, Visit

#: Pages on a page.
_SHOWN = 24
_PAGES_PER_DAY, _MOST_PER_DAY = 1000, 100_000_000


def listed(visit: Visit) -> Response:
    """The evaluations that were found."""
    lines = visit.bench.evaluations.lines()
    return visit.page("evaluations/list.html.jinja", lines=lines, tone_of=tone_of)


def overview(visit: Visit) -> Response:
    """The conclusion, the models, the confusion matrix of one, and the pages of the cell that was chosen."""
    evaluation = visit.bench.evaluations.evaluation(visit.path("key"))
    if evaluation.schema:
        return _shown(visit, evaluation, "fields", scores=evaluation.field_scores)
    model, scores = model_in(visit, evaluation), evaluation.scores
    return _shown(
        visit,
        evaluation,
        "overview",
        scores=scores,
        model=model,
        matrix=linked_matrix(scores, model),
        notes=[basis_of(scores), *notes_of(scores)],
        excerpt=excerpt_note(evaluation.labels),
        **_selected(visit, evaluation),
    )


def compared(visit: Visit) -> Response:
    """Two models side by side: the paired test, and the pages on which they differ."""
    evaluation = _of_labels(visit)
    names = evaluation.scores.models
    if len(names) < 2:
        raise InvalidInput("There is one model only in this evaluation: `burnish compare` joins several")
    first = model_in(visit, evaluation, "first") if visit.query("first") else names[0]
    others = [name for name in names if name != first]
    second = model_in(visit, evaluation, "second") if visit.query("second") else others[-1]
    if second == first:
        second = others[0]
    return _shown(
        visit,
        evaluation,
        "compared",
        first=first,
        second=second,
        comparison=_comparison(evaluation, first, second),
        tests=len(evaluation.scores.comparisons),
        both=_counts_together(evaluation, first, second),
        **(_selected(visit, evaluation) if visit.query("model") else {"selection": None}),
    )


def threshold(visit: Visit) -> Response:
    """What a review threshold would do: precision, coverage, and the pages that people review in a day."""
    evaluation = _of_labels(visit)
    model = model_in(visit, evaluation)
    score = next(one for one in evaluation.scores.scores if one.model == model)
    chosen = visit.share("threshold", score.review.threshold if score.review else 0.9)
    per_day = min(visit.number("per_day", _PAGES_PER_DAY), _MOST_PER_DAY)
    return _shown(
        visit,
        evaluation,
        "threshold",
        model=model,
        score=score,
        threshold=chosen,
        per_day=per_day,
        efforts=efforts_of(evaluation, model, threshold=chosen, per_day=per_day),
        curve=listed_thresholds(evaluation, model),
    )


def page(visit: Visit) -> Response:
    """A page, large, with what each model made of it, between its neighbours in the selection."""
    evaluation = _of_labels(visit)
    name, selection = visit.query("name"), selection_in(visit, evaluation)
    names = [one.page for one in selection.of(evaluation)]
    answers = {model: _answer(found, name) for model, found in evaluation.judgement.answers.items()}
    place = names.index(name) if name in names else None
    return _shown(
        visit,
        evaluation,
        "page",
        name=name,
        selection=selection,
        answers=answers,
        asked=answers[selection.model],
        place=place,
        total=len(names),
        before=names[place - 1] if place else None,
        after=names[place + 1] if place is not None and place + 1 < len(names) else None,
        trouble=_trouble_with(visit, evaluation, name, LARGE),
    )


def picture(visit: Visit) -> Response:
    """A page as a picture."""
    evaluation = visit.bench.evaluations.evaluation(visit.path("key"))
    return Response(
        _picture(visit, evaluation, _page_in(visit, evaluation), SMALL if visit.query("small") else LARGE),
        media_type="image/webp",
    )


def text(visit: Visit) -> Response:
    """What is written on a page. Reading one that was not read before takes a second."""
    evaluation = visit.bench.evaluations.evaluation(visit.path("key"))
    image = visit.bench.evaluated_pages.body(evaluation, _page_in(visit, evaluation))
    return visit.page("evaluations/text.html.jinja", text=text_on(image))


def _of_labels(visit: Visit) -> Evaluation:
    evaluation = visit.bench.evaluations.evaluation(visit.path("key"))
    if evaluation.schema:
        raise InvalidInput("Fields are extracted in this evaluation, so there are no labels to be confused")
    return evaluation


def _shown(visit: Visit, evaluation: Evaluation, template: str, **values: Any) -> Response:  # noqa: ANN401
    models = evaluation.outcome.models
    return visit.page(
        f"evaluations/{template}.html.jinja",
        key=visit.path("key"),
        home=f"/evaluations/{visit.path('key')}",
        folder=visit.bench.evaluations.folder_of(visit.path("key")),
        evaluation=evaluation,
        models=models,
        places={model: place_of(model, models) for model in models},
        tone_of=tone_of,
        **values,
    )


def _selected(visit: Visit, evaluation: Evaluation) -> dict[str, Any]:
    """The pages that are chosen, one part of them."""
    selection, offset = selection_in(visit, evaluation), visit.number("offset", 0)
    found = selection.of(evaluation)
    return {
        "selection": selection,
        "is_chosen": selection.truth is not None or selection.rival is not None,
        "predictions": found[offset : offset + _SHOWN],
        "trouble": _trouble_with(visit, evaluation, found[offset].page, SMALL) if found[offset:] else "",
        "offset": offset,
        "limit": _SHOWN,
        "total": len(found),
    }


def _comparison(evaluation: Evaluation, first: str, second: str) -> PairComparison:
    return next(one for one in evaluation.scores.comparisons if {one.first, one.second} == {first, second})


def _counts_together(evaluation: Evaluation, first: str, second: str) -> dict[tuple[bool, bool], int]:
    """How many pages both, one or none of two models gets right."""
    answers = evaluation.judgement.answers
    theirs = {one.page: one.is_right for one in answers[second]}
    counts = {(one, other): 0 for one in (True, False) for other in (True, False)}
    for one in answers[first]:
        counts[one.is_right, theirs[one.page]] += 1
    return counts


def _answer(found: tuple[Prediction, ...], page: str) -> Prediction:
    for one in found:
        if one.page == page:
            return one
    raise NotFound(f"There is no page {page!r} in this evaluation: go back to its matrix")


def _page_in(visit: Visit, evaluation: Evaluation) -> str:
    name = visit.query("name")
    if name not in evaluation.pages and name not in evaluation.thumbnails:
        raise NotFound(f"There is no page {name!r} in this evaluation")
    return name


def _picture(visit: Visit, evaluation: Evaluation, name: str, longest_edge: int) -> bytes:
    bench = visit.bench
    digest = f"{visit.path('key')} {evaluation.pages.get(name, '')} {name}"
    return bench.pictures.picture(digest, longest_edge, lambda: bench.evaluated_pages.body(evaluation, name))


def _trouble_with(visit: Visit, evaluation: Evaluation, name: str, longest_edge: int) -> str:
    """Why a page cannot be shown; empty where it can."""
    try:
        _picture(visit, evaluation, name, longest_edge)
    except BurnishError as error:
        return error.in_terminal
    return ""


VIEW = SiteView(
    title="Evaluations",
    path="/evaluations",
    pages={
        "": listed,
        "/{key}": overview,
        "/{key}/compared": compared,
        "/{key}/threshold": threshold,
        "/{key}/page": page,
        "/{key}/picture": picture,
        "/{key}/text": text,
    },
)
