#include "extender/listen_address.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace bw {

namespace asio = boost::asio;

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const Error error{ErrorCode::kInvalid, "\"" + std::string(text) +
                                             "\" is not an address to listen on: write IP:PORT, such as "
                                             "127.0.0.1:9443 or [::1]:9443"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return error;
  std::string_view ip = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);

  const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  boost::system::error_code ec;
  const asio::ip::address address = asio::ip::make_address(ip, ec);
  if (ec || address.is_v6() != bracketed) return error;

  ListenAddress listen{address.to_string(), 0, address.is_loopback()};
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
  if (problem != std::errc() || end != port.data() + port.size()) return error;
  return listen;
}

std::string to_text(const ListenAddress& address) {
  const bool v6 = address.ip.find(':') != std::string::npos;
  return (v6 ? "[" + address.ip + "]" : address.ip) + ":" + std::to_string(address.port);
}

}  // namespace bw
