// The page of `sinkmoe heads`: one HTML file that opens without network and without scripts.
#pragma once

#include <string>

#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

struct PageInput {
  std::string name;  // of the model: the name of its folder
  std::string text;  // where the rows come from
  std::string bos;   // what is at position 0 of each row
  std::string version;
  const Architecture& architecture;
  const HeadsResult& result;
};
std::string heads_page(const PageInput& input);

}  // namespace sinkmoe::pretrained
