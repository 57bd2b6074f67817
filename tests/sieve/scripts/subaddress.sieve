require ["fileinto", "subaddress", "variables"];
if address :detail :matches ["to"] "*" { fileinto "Plus/${1}"; }
