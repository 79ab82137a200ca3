"""Scoring by Spark: a pandas UDF, for a column of a data frame.

>>> import nsmc.spark
>>> scored = frame.withColumn("nsmc", nsmc.spark.score_udf()("document"))  # doctest: +SKIP
>>> scored.select("*", "nsmc.*").drop("nsmc").write.parquet("scored")  # doctest: +SKIP
"""

import functools
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.inference.classifier import Classifier, load
from nsmc.pipeline.score_batches import score_batches
from nsmc.pipeline.scorer import Scorer
from nsmc.tables.rows import Kind

if TYPE_CHECKING:
    import pandas as pd


def score_udf(
    model: Classifier[Any] | Path | str | None = None,
    *,
    probabilities: bool = False,
    notes: bool = False,
) -> Any:
    """A function of a text column whose values are structs of the columns `score_batches` adds.

    A Python worker opens the model once, whatever the number of partitions, and scores batches of
    ``spark.sql.execution.arrow.maxRecordsPerBatch`` rows in one process: Spark has one for each
    core.

    Args:
        model: a classifier, or what `nsmc.load` takes; a directory must be there on every node.
        probabilities, notes: as `nsmc.score_table` takes them.

    Raises:
        UsageError, ModelError: as `nsmc.load`; ``probabilities`` of a model without classes.
    """
    import pandas as pd
    from pyspark.sql import types
    from pyspark.sql.functions import pandas_udf

    classifier = model if isinstance(model, Classifier) else load(model)
    options = {"probabilities": probabilities, "notes": notes}
    kinds = Scorer(classifier, probabilities=probabilities, notes=notes).kinds
    spark_types: dict[Kind, Any] = {
        "text": types.StringType(),
        "number": types.DoubleType(),
        "count": types.LongType(),
        "flag": types.BooleanType(),
    }
    fields = [types.StructField(name, spark_types[kind]) for name, kind in kinds.items()]
    pickled = pickle.dumps(classifier)  # its path and options

    def score(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        return _scored(batches, pickled, options)

    return pandas_udf(score, types.StructType(fields))


def _scored(
    batches: "Iterator[pd.Series]", pickled: bytes, options: dict[str, Any]
) -> "Iterator[pd.DataFrame]":
    import pyarrow as pa

    for texts in batches:
        batch = pa.record_batch({"document": pa.array(texts, pa.string(), from_pandas=True)})
        reader = score_batches([batch], model=_opened(pickled), workers=1, **options)
        yield reader.read_all().drop_columns("document").to_pandas()


@functools.cache
def _opened(pickled: bytes) -> Classifier[Any]:
    """The classifier of a worker, which serves one task after another."""
    classifier: Classifier[Any] = pickle.loads(pickled)
    return classifier
