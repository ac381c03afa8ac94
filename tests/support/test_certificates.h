// A certificate authority of its own for one test, and certificates that it signs. Ends the test program where OpenSSL
// fails. Safe on any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace bw {

struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();

  const std::string& certificate_pem() const { return certificate_pem_; }

  // Valid from yesterday until tomorrow, for clients and servers. `names`: "DNS:localhost", "IP:127.0.0.1".
  TestCertificate issue(const std::string& common_name, const std::vector<std::string>& names) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string certificate_pem_;
};

}  // namespace bw
