#include "store/read/measured_speed.h"

#include "core/text/quote.h"

namespace sinkmoe::store {

std::optional<double> matrix_product_speed(const Reader& reader, const std::string& run_id) {
  const Table found = reader.query(
      "select max(b.value) from run r join attempt a on a.run = r.id join bench b "
      "on b.processor = a.processor and b.device = a.device and b.name = 'matrix product' "
      "and json_extract(b.setting, '$.threads') = a.threads where r.run_id = " +
          in_quotes(run_id, '\'') +
          " and a.attempt = (select max(attempt) from attempt where run = r.id)",
      {.seconds = 2});
  if (found.rows.empty() || is_null(found.rows[0][0])) return std::nullopt;
  return 1e9 * to_number(found.rows[0][0]);
}

}  // namespace sinkmoe::store
