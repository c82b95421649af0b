// Every header of core/text/.
#pragma once

#include "core/text/duration.h"
#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"
