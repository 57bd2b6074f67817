require ["fileinto", "variables"];
if anyof (header :matches "Subject" "[*] *", header :matches "X-Tag" "*") { fileinto "Tags/${1}"; }
if header :matches "X-Name" "*" { set :lower "name" "${1}"; fileinto "Names/${name}"; }
