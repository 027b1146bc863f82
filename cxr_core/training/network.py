"""A recipe's network, built and compiled for each phase of its training."""

from typing import Any, NamedTuple

import keras

from cxr_core.accelerator import films_stay_on_gpu
from cxr_core.training.architectures import build
from cxr_core.training.recipe_settings import Recipe

METRICS = ("loss", "accuracy", "auc")


class Phase(NamedTuple):
    """Epochs `first` to `last` - 1, counted from 0, with the same trainable layers, learning rate and film size.

    frozen: the pretrained backbone is not trained. rate: the highest learning rate of the schedule, which takes the
    epochs `schedule[0]` to `schedule[1]` - 1. carries_on: the optimiser continues from the previous phase, so that one
    schedule can span several phases.
    """

    first: int
    last: int
    frozen: bool
    rate: float
    size: int
    schedule: tuple[int, int]
    carries_on: bool = False


def phases(recipe: Recipe) -> list[Phase]:
    """The phases of a fit: one, or two where a pretrained backbone is first frozen, then fine-tuned.

    Or two film sizes with one schedule: most of what there is to learn is learnt from smaller films, at a fraction of
    the cost (Touvron et al. 2019, arXiv:1906.06423; Tan & Le 2021, arXiv:2104.00298).
    """
    size, whole = recipe.size, (0, recipe.epochs)
    if recipe.small_epochs:
        small = Phase(0, recipe.small_epochs, False, recipe.learning_rate, recipe.small_size, whole)
        return [small, Phase(recipe.small_epochs, recipe.epochs, False, recipe.learning_rate, size, whole, True)]
    frozen = min(recipe.frozen_epochs, recipe.epochs) if recipe.pretrained != "none" else 0
    if not frozen:
        return [Phase(0, recipe.epochs, False, recipe.learning_rate, size, whole)]
    rest = (frozen, recipe.epochs)
    tuned = [Phase(frozen, recipe.epochs, False, recipe.fine_tune_rate, size, rest)] if frozen < recipe.epochs else []
    return [Phase(0, frozen, True, recipe.learning_rate, size, (0, frozen)), *tuned]


def network(recipe: Recipe) -> keras.Model:
    """The untrained network, its layers computing at the recipe's precision. Raises what `build` raises."""
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_precision(recipe))
    try:
        return build(recipe)
    finally:
        keras.config.set_dtype_policy(former)


def _precision(recipe: Recipe) -> str:
    if recipe.precision != "auto":
        return recipe.precision
    return "mixed_bfloat16" if films_stay_on_gpu(recipe.device) else "float32"


def compile_for(model: keras.Model, recipe: Recipe, phase: Phase, steps: int) -> None:
    """Set loss, optimiser and metrics for a phase; `steps` is the number of batches in an epoch."""
    for layer in model.layers:
        if layer.name == "backbone":
            layer.trainable = not phase.frozen
    model.compile(optimizer=_optimizer(recipe, phase, steps), loss=_loss(recipe), metrics=_metrics())
    model.optimizer.build(model.trainable_variables)


def compiled_network(recipe: Recipe, steps: int) -> keras.Model:
    """The untrained network, compiled for its first phase."""
    model = network(recipe)
    compile_for(model, recipe, phases(recipe)[0], steps)
    return model


def _metrics() -> list[keras.Metric]:
    return [
        keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
        keras.metrics.AUC(num_thresholds=1000, from_logits=True, name="auc"),
    ]


def _loss(recipe: Recipe) -> keras.Loss:
    if recipe.loss == "focal":
        return keras.losses.BinaryFocalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)


def _optimizer(recipe: Recipe, phase: Phase, steps: int) -> keras.Optimizer:
    rate = _schedule(recipe, phase, steps)
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    make = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}
    return make[recipe.optimizer](rate)


def _schedule(recipe: Recipe, phase: Phase, steps: int) -> Any:
    if recipe.schedule == "constant":
        return phase.rate
    if recipe.schedule == "inverse":
        return keras.optimizers.schedules.InverseTimeDecay(phase.rate, decay_steps=1, decay_rate=recipe.decay)
    return keras.optimizers.schedules.CosineDecay(
        phase.rate / 10,
        decay_steps=max(1, steps * (phase.schedule[1] - phase.schedule[0] - 1)),
        warmup_target=phase.rate,
        warmup_steps=steps,
    )
