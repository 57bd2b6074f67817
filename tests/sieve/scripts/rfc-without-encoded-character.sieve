require ["fileinto"];
if header :contains "Subject" "${hex:41}" { fileinto "${name}"; }
