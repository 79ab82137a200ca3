"""Score comments by Spark on this machine, and compare with one process.

    pip install pyspark && python scripts/spark_scores.py        Spark needs Java 17

Spark reads the reviews of data/sample in 8 partitions, two Python workers score them. The script
fails if a row is lost or there twice, a label is another, or a worker opened the model twice; it
writes what it saw into docs/results/spark.json.
"""

import datetime
import json
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from machine import machine

import nsmc
import nsmc.spark

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results" / "spark.json"
PARTITIONS, CORES = 8, 2


def score_by_spark(model: Path | None = None) -> dict[str, Any]:
    """Score the sample by both; what was seen, with differences if there are any."""
    from pyspark.sql import SparkSession

    # Spark would take the first python3 of the PATH, which may be another.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    classifier = pickle.dumps(nsmc.load(model))

    def opened(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Score as the UDF does, and tell how often the worker has opened the model."""
        for part in frames:
            list(nsmc.spark._scored(iter([part["document"]]), classifier, {}))
            count = nsmc.spark._opened.cache_info().misses
            yield pd.DataFrame({"worker": [os.getpid()], "opened": [count]})

    lines = (ROOT / "data" / "sample" / "ratings_test.txt").read_text("utf-8").splitlines()[1:]
    texts: list[str | None] = [*(line.split("\t")[1] for line in lines), None, "", " "]
    spark = (
        SparkSession.builder.master(f"local[{CORES}]")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    frame = spark.createDataFrame(list(enumerate(texts)), "n int, document string")
    parts = frame.repartition(PARTITIONS)
    scored = parts.withColumn("nsmc", nsmc.spark.score_udf(model)("document"))
    rows = scored.select("n", "nsmc.*").collect()
    workers = parts.mapInPandas(opened, "worker int, opened int").collect()
    spark.stop()
    expected = nsmc.load(model).predict(texts)
    rows.sort(key=lambda row: row["n"])
    pairs = list(zip(rows, expected, strict=True))
    return {
        "rows": len(rows),
        "same rows": [row["n"] for row in rows] == list(range(len(texts))),
        "other labels": sum((row["label"] or "") != one.label for row, one in pairs),
        "largest difference": max(
            abs((row["score"] or 0) - (one.score or 0)) for row, one in pairs
        ),
        "partitions": PARTITIONS,
        "models opened by each worker": list(dict(workers).values()),
    }


def main() -> int:
    """Score, compare and write."""
    seen = score_by_spark()
    about = {"machine": machine("pyspark", "pandas", "pyarrow"), "date": str(datetime.date.today())}
    print(json.dumps(about | seen, indent=2))
    right = seen["same rows"] and not seen["other labels"] and seen["largest difference"] < 1e-5
    if not right or {*seen["models opened by each worker"]} != {1}:
        print("that isn't what one process gives", file=sys.stderr)
        return 1
    RESULTS.write_text(json.dumps(about | seen, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
