require "fileinto";
if header :matches "Subject" ["Re: *", "*[tea]*", "*?!", "exactly", "*"] { fileinto "A"; }
if header :matches "X-Star" "a\\*b" { fileinto "Star"; }
if header :matches "X-Question" "*really\\?*" { fileinto "Question"; }
