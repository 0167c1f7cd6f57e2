// Bucket sets as a table.
#pragma once

#include <string>

#include "berth/buckets.h"

namespace berth {

[[nodiscard]] std::string buckets_text(const BucketAdvice& advice);
[[nodiscard]] std::string buckets_json(const BucketAdvice& advice);

}  // namespace berth
