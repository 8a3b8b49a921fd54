// SPDX-License-Identifier: Apache-2.0
// All of selfnorm: describe a network, train it, use it.
#pragma once

#include "selfnorm/checksums.h"
#include "selfnorm/compare.h"
#include "selfnorm/dataset.h"
#include "selfnorm/doctor.h"
#include "selfnorm/error.h"
#include "selfnorm/functional.h"
#include "selfnorm/model.h"
#include "selfnorm/network.h"
#include "selfnorm/optimizer.h"
#include "selfnorm/propagate.h"
#include "selfnorm/report.h"
#include "selfnorm/run.h"
#include "selfnorm/tensor.h"
#include "selfnorm/tensorboard.h"
#include "selfnorm/theory.h"
#include "selfnorm/train.h"
#include "selfnorm/tune.h"
#include "selfnorm/version.h"
