require "fileinto";
if false { discard; }
if not true { fileinto "Never"; } elsif allof (true, header :is "Subject" "x", not false) { fileinto "X"; }
if anyof (true, header :is "Subject" "y") { fileinto "All"; }
