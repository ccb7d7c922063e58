"""Scan a dump on Spark: JSON lines in, Parquet with the verdicts out, then count the labels.

    python examples/spark_scan.py [DUMP [OUTPUT]]
    spark-submit --archives fanzha.tar.gz#environment examples/spark_scan.py hdfs:///dump hdfs:///out

Needs fanzha[spark] and Java 17; see docs/guides/spark.md.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

DUMP = Path(__file__).parent.parent / "data" / "sample-posts" / "forum.jsonl"


def main(dump: str, output: str) -> None:
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import col, explode

    from fanzha.scan.spark import check_posts

    # On this machine the workers shall be this Python; spark-submit sets its own.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("fanzha").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    posts = spark.read.schema("id string, board string, time string, text string").json(dump)
    checked = check_posts(posts, keep=("board", "time"))
    # Written once: a data frame is computed again for each thing that is asked of it.
    checked.write.mode("overwrite").parquet(output)
    result = spark.read.parquet(output)
    labels = result.select(explode("labels").alias("label")).groupBy("label").count()
    for row in labels.orderBy(col("count").desc()).collect():
        print(row["label"], row["count"])
    spark.stop()


if __name__ == "__main__":
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        raise SystemExit("this example needs fanzha[spark] and Java 17")
    with TemporaryDirectory() as folder:
        arguments = [*sys.argv[1:3], str(DUMP), str(Path(folder) / "verdicts")]
        main(arguments[0], sys.argv[2] if len(sys.argv) > 2 else arguments[-1])
