// Bucket sets as a table.
#pragma once

#include <string>

#include "berth/analysis/buckets.h"
#include "berth/base/text_width.h"

namespace berth {

[[nodiscard]] std::string buckets_text(const BucketAdvice& advice, TextWidth width = {});
[[nodiscard]] std::string buckets_json(const BucketAdvice& advice);

}  // namespace berth
