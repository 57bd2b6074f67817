require "fileinto";
if header :contains ["Subject", "Keywords", "X-Topic"] ["tea", "coffee", "cocoa"] { fileinto "Drinks"; }
if header :is ["To", "Cc"] "undisclosed-recipients:;" { fileinto "Secret"; }
